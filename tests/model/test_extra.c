#include <criterion/criterion.h>

#include "reaptop/base/cleanup.h"
#include "reaptop/model/extra.h"

static const struct {
    const char *path, *unit, *container;
} groups[] = {
    {"/", "", ""},
    {"", "", ""},
    {"/system.slice/cron.service", "cron.service", ""},
    {"/system.slice/cron.service/child", "cron.service", ""},
    {"/user.slice/user-1000.slice/session-2.scope", "session-2.scope", ""},
    {"/system.slice/docker-0123456789abcdef0123.scope", "docker-0123456789abcdef0123.scope",
     "docker 0123456789ab"},
    {"/machine.slice/libpod-0123456789abcdef.scope/container", "libpod-0123456789abcdef.scope",
     "podman 0123456789ab"},
    {"/docker/0123456789abcdef", "", "docker 0123456789ab"},
    {"/docker/0123456789abcdef/init", "", "docker 0123456789ab"},
    {"/docker/buildkit", "", ""},
    {"/kubepods/burstable/pod1-2/0123456789abcdef", "", "kubernetes 0123456789ab"},
    {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123456789abcdef.scope",
     "cri-containerd-0123456789abcdef.scope", "containerd 0123456789ab"},
    {"/lxc/web", "", "lxc web"},
    {"/lxc.payload.web/system.slice/ssh.service", "ssh.service", "lxc web"},
    {"/machine.slice/machine-debian.scope", "machine-debian.scope", "machine debian"},
    {"/system.slice/docker.service", "docker.service", ""},
    {"/system.slice/docker-xyz.scope", "docker-xyz.scope", ""},
    {"//a//b.service//", "b.service", ""},
};

Test(extra, control_groups_name_units_and_containers)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
        _cleanup_(strbuf_done) struct strbuf unit = STRBUF_INIT, container = STRBUF_INIT;
        cgroup_unit(groups[i].path, &unit);
        cgroup_container(groups[i].path, &container);
        cr_expect_str_eq(strbuf_text(&unit), groups[i].unit, "%s", groups[i].path);
        cr_expect_str_eq(strbuf_text(&container), groups[i].container, "%s", groups[i].path);
    }
}
