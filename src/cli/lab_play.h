/* lab_play: free play from a script, each step printed as the line of C that it was. */
#ifndef REAPTOP_CLI_LAB_PLAY_H
#define REAPTOP_CLI_LAB_PLAY_H

/*
 * Each line of the file ("-": standard input) is "ACTION [N]": an action of
 * play.h and which process does it, counted by birth from 1 (1 without it);
 * # begins a comment. EXIT_DONE, EXIT_NO_MATCH where a step was not carried
 * out, or the status of an error that has been printed.
 */
int lab_play_file(const char *path);

#endif
