using K8sBackup.Agent.Hosting;
using K8sBackup.Agent.PodVolumes;
using K8sBackup.TestKit;

namespace K8sBackup.Agent.Tests.PodVolumes;

public sealed class KubeletRootsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Find_Configured_IsTheOnlyOne()
    {
        Make("var/lib/kubelet");
        Assert.Equal(["/data/k"], Roots("/data/k"));
    }

    [Theory]
    [InlineData("/usr/bin/kubelet --config=/x --root-dir=/data/kubelet")]
    [InlineData("/usr/bin/kubelet --root-dir /data/kubelet --v=2")]
    [InlineData("/usr/local/bin/k3s agent --kubelet-arg=root-dir=/data/kubelet")]
    [InlineData("/usr/local/bin/k3s server --kubelet-arg v=2 --kubelet-arg root-dir=/data/kubelet")]
    public void Find_RunningKubelet_ComesFirst(string words)
    {
        Make("var/lib/kubelet");
        Make("data/kubelet");
        Process("1", "/sbin/init", "mnt:[1]");
        Process("77", words, "mnt:[1]");

        Assert.Equal(["/data/kubelet", "/var/lib/kubelet"], Roots());
    }

    [Fact]
    public void Find_ProgramOfThatNameInAContainer_DoesNotCount()
    {
        Make("evil");
        Make("var/lib/kubelet");
        Process("1", "/sbin/init", "mnt:[1]");
        Process("88", "kubelet --root-dir=/evil", "mnt:[2]");

        Assert.Equal(["/var/lib/kubelet"], Roots());
    }

    [Theory]
    [InlineData("etc/default/kubelet", "KUBELET_EXTRA_ARGS=\"--v=2 --root-dir=/data/kubelet\"\n")]
    [InlineData("etc/rancher/k3s/config.yaml", "kubelet-arg:\n  - \"root-dir=/data/kubelet\"\n")]
    public void Find_Settings_AreLookedAt(string file, string text)
    {
        Make("data/kubelet");
        Make(Path.GetDirectoryName(file)!);
        File.WriteAllText(Path.Combine(_directory.Path, file), text);

        Assert.Equal(["/data/kubelet"], Roots());
    }

    [Theory]
    [InlineData("var/snap/microk8s/common/var/lib/kubelet")]
    [InlineData("var/lib/k0s/kubelet")]
    public void Find_Distributions_HaveTheirOwn(string path)
    {
        Make(path);
        Assert.Equal(["/" + path], Roots());
    }

    [Fact]
    public void PointOf_EscapedSpaces_AreRead() =>
        Assert.Equal("/mnt/a b", MountTable.PointOf("36 35 98:0 /mnt1 /mnt/a\\040b rw,noatime master:1 - ext3 /dev/root rw"));

    private IReadOnlyList<string> Roots(string configured = "") => new KubeletRoots(new HostRoot(_directory.Path), configured).Find();

    private void Make(string path) => Directory.CreateDirectory(Path.Combine(_directory.Path, path));

    private void Process(string id, string words, string mounts)
    {
        Make($"proc/{id}/ns");
        File.WriteAllText(Path.Combine(_directory.Path, "proc", id, "cmdline"), words.Replace(' ', '\0') + "\0");
        File.CreateSymbolicLink(Path.Combine(_directory.Path, "proc", id, "ns/mnt"), mounts);
    }
}
