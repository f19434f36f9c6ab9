/* mqueue: messages keep their boundaries, and a higher priority comes first. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <unistd.h>

struct message {
    long type;
    char text[16];
};

int main(void)
{
    struct mq_attr attributes = {.mq_maxmsg = 4, .mq_msgsize = 16};
    char name[64], first[16] = "", second[16] = "";
    unsigned priority = 0;

    snprintf(name, sizeof(name), "/program-%d", getpid());
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &attributes);
    if (queue == (mqd_t)-1) {
        perror("mq_open");
        return 77;
    }
    mq_unlink(name); /* lives until it is closed */
    mq_send(queue, "low", 4, 1);
    mq_send(queue, "high", 5, 9);
    ssize_t length = mq_receive(queue, first, sizeof(first), &priority);
    printf("POSIX: the first is \"%s\", %zd bytes, priority %u\n", first, length, priority);
    mq_receive(queue, second, sizeof(second), NULL);

    int id = msgget(IPC_PRIVATE, 0600);
    struct message one = {1, "one"}, two = {2, "two"}, got = {0, ""};
    msgsnd(id, &one, sizeof(one.text), 0);
    msgsnd(id, &two, sizeof(two.text), 0);
    msgrcv(id, &got, sizeof(got.text), 2, 0); /* the first of type 2, whatever lies before it */
    printf("System V: of type 2 came \"%s\"\n", got.text);
    msgctl(id, IPC_RMID, NULL);
    return strcmp(first, "high") == 0 && length == 5 && strcmp(second, "low") == 0 &&
                   strcmp(got.text, "two") == 0
               ? 0
               : 1;
}
