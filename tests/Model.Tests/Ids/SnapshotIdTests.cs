using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Tests.Ids;

public sealed class SnapshotIdTests
{
    private static readonly RunId Run = RunId.Parse("01kjkb3x3bs6xx0zvwzjkfw3km");
    private static readonly SourceKey Source = new("node-1", SourceKind.Volume, "data");

    [Fact]
    public void Of_SameRunAndSource_SameId()
    {
        Assert.Equal(SnapshotId.Of(Run, Source), SnapshotId.Of(Run, Source with { }));
        Assert.Equal(Run.Value.CreatedAt, SnapshotId.Of(Run, Source).Value.CreatedAt);
    }

    [Fact]
    public void Of_AnotherRunOrSource_AnotherId()
    {
        RunId other = RunId.Parse("01kjkb3x3bs6xx0zvwzjkfw3kn");

        Assert.NotEqual(SnapshotId.Of(Run, Source), SnapshotId.Of(other, Source));
        Assert.NotEqual(SnapshotId.Of(Run, Source), SnapshotId.Of(Run, Source with { Name = "logs" }));
        Assert.NotEqual(SnapshotId.Of(Run, Source), SnapshotId.Of(Run, Source with { Node = "node-2" }));
    }
}
