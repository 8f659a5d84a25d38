using K8sBackup.Coordinator.Plans;
using K8sBackup.TestKit;

namespace K8sBackup.Coordinator.Tests.Plans;

public sealed class PlanDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly PlanDirectory _plans;

    public PlanDirectoryTests() => _plans = new PlanDirectory(_directory.Path);

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Reload_BadFileBesideGoodOnes_LeavesTheGoodOnesInForce()
    {
        Write("a.yaml", Plan("a"));
        Write("b.yaml", "kind: [");
        Write("notes.txt", "kind: [");
        Assert.True(_plans.Reload());
        Assert.Equal(["a"], _plans.Current.Plans.Select(p => p.Name));
        PlanFault fault = Assert.Single(_plans.Current.Faults);
        Assert.Equal(("b.yaml", false), (fault.File, fault.LastGoodInForce));
    }

    [Fact]
    public void Reload_FileGoesBad_KeepsTheLastGoodVersionAndSaysSo()
    {
        Write("a.yaml", Plan("a"));
        _plans.Reload();
        Write("a.yaml", Plan("a").Replace("volume", "volum", StringComparison.Ordinal));
        Assert.True(_plans.Reload());
        Assert.Equal("a", Assert.Single(_plans.Current.Plans).Name);
        Assert.All(_plans.Current.Faults, f => Assert.True(f.LastGoodInForce));
        Assert.Contains(_plans.Current.Faults, f => f.Line == 7);
        Write("a.yaml", Plan("a"));
        Assert.True(_plans.Reload());
        Assert.Empty(_plans.Current.Faults);
    }

    [Fact]
    public void Reload_NothingChanged_KeepsTheSet()
    {
        Write("a.yaml", Plan("a"));
        _plans.Reload();
        PlanSet before = _plans.Current;
        Assert.False(_plans.Reload());
        Assert.Same(before, _plans.Current);
    }

    [Fact]
    public void Reload_AtomicRenameWithSameLengthAndTime_IsNoticed()
    {
        Write("a.yaml", Plan("a"));
        _plans.Reload();
        DateTime time = File.GetLastWriteTimeUtc(Path.Combine(_directory.Path, "a.yaml"));
        Write("new", Plan("b"));
        File.SetLastWriteTimeUtc(Path.Combine(_directory.Path, "new"), time);
        File.Move(Path.Combine(_directory.Path, "new"), Path.Combine(_directory.Path, "a.yaml"), overwrite: true);
        Assert.True(_plans.Reload());
        Assert.Equal("b", Assert.Single(_plans.Current.Plans).Name);
    }

    [Fact]
    public void Reload_FileRemoved_TakesThePlanOutOfForce()
    {
        Write("a.yaml", Plan("a"));
        _plans.Reload();
        File.Delete(Path.Combine(_directory.Path, "a.yaml"));
        Assert.True(_plans.Reload());
        Assert.Empty(_plans.Current.Plans);
    }

    [Fact]
    public void Reload_SameNameTwice_FirstFileWins()
    {
        Write("a.yaml", Plan("same"));
        Write("b.yaml", Plan("same"));
        _plans.Reload();
        Assert.Equal("a.yaml", Assert.Single(_plans.Current.Plans).File);
        Assert.Contains("already defined in a.yaml", Assert.Single(_plans.Current.Faults).Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Reload_DirectoryGoesAway_KeepsPlansAndReports()
    {
        Write("a.yaml", Plan("a"));
        _plans.Reload();
        Directory.Move(_directory.Path, _directory.Path + ".away");
        try
        {
            Assert.True(_plans.Reload());
            Assert.Single(_plans.Current.Plans);
            Assert.Contains("cannot be read", Assert.Single(_plans.Current.Faults).Reason, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Move(_directory.Path + ".away", _directory.Path);
        }

        Assert.True(_plans.Reload());
        Assert.Empty(_plans.Current.Faults);
    }

    private static string Plan(string name) => $$"""
        apiVersion: k8sbackup.dev/v1alpha1
        kind: BackupPlan
        metadata:
          name: {{name}}
        spec:
          sources:
            - volume: {name: data, path: /srv/data}
        """;

    private void Write(string file, string text) => File.WriteAllText(Path.Combine(_directory.Path, file), text);
}
