using K8sBackup.Agent.ControlPlaneFiles;
using K8sBackup.Agent.Tests.Support;
using K8sBackup.TestKit;

namespace K8sBackup.Agent.Tests.ControlPlaneFiles;

public sealed class FilesWatchTests : IDisposable
{
    private readonly TemporaryDirectory _state = new();
    private readonly KubeadmNode _node = new();

    public void Dispose()
    {
        _node.Dispose();
        _state.Dispose();
    }

    [Fact]
    public void News_NothingEverCaptured_IsNone()
    {
        using FilesWatch watch = Watch();

        Looks(watch, 3);

        Assert.Equal("", watch.News);
    }

    [Theory]
    [InlineData("etc/kubernetes/pki/new.crt")]
    [InlineData("etc/kubernetes/enc.yaml")]
    [InlineData("etc/kubernetes/manifests/deep/er/x")]
    public void News_ChangeThatStandsStill_IsThereUntilItIsCaptured(string path)
    {
        using FilesWatch watch = Watch();
        watch.Captured(watch.Look());
        Looks(watch, 2);
        Assert.Equal("", watch.News);

        _node.Write(path, "something else altogether");
        Looks(watch, 1);
        Assert.Equal("", watch.News);
        Looks(watch, 1);
        Assert.NotEqual("", watch.News);

        watch.Captured(watch.Look());
        Assert.Equal("", watch.News);
    }

    [Fact]
    public void News_FilesStillChanging_Waits()
    {
        using FilesWatch watch = Watch();
        watch.Captured(watch.Look());
        for (int i = 0; i < 5; i++)
        {
            _node.Write("etc/kubernetes/pki/new.crt", new string('x', i));
            Looks(watch, 1);
            Assert.Equal("", watch.News);
        }

        Looks(watch, 1);
        Assert.NotEqual("", watch.News);
    }

    [Fact]
    public void News_ChangedWhileTheAgentWasDown_IsSeen()
    {
        using (FilesWatch before = Watch())
        {
            before.Captured(before.Look());
        }

        _node.Delete("etc/kubernetes/enc.yaml");
        using FilesWatch after = Watch();
        Looks(after, 2);

        Assert.NotEqual("", after.News);
    }

    [Fact]
    public void News_DirectoryGone_IsNone()
    {
        using FilesWatch watch = Watch();
        watch.Captured(watch.Look());
        Directory.Delete(_node.Host.Resolve("etc/kubernetes")!, recursive: true);

        Looks(watch, 2);

        Assert.Equal("", watch.News);
    }

    private static void Looks(FilesWatch watch, int times)
    {
        for (int i = 0; i < times; i++)
        {
            watch.Step();
        }
    }

    private FilesWatch Watch() => new(_state.Path, _node.Host, TimeProvider.System);
}
