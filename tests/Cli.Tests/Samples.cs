using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Tests;

/// <summary>Messages a coordinator might send.</summary>
internal static class Samples
{
    public const string PointId = "01k9zzzzzzzzzzzzzzzzzzzzz1";
    public const string RunId = "01k9zzzzzzzzzzzzzzzzzzzzz2";
    public const string RestoreId = "01k9zzzzzzzzzzzzzzzzzzzzz3";

    private static readonly Timestamp Started = Timestamp.FromDateTimeOffset(new DateTimeOffset(2026, 3, 4, 5, 6, 7, TimeSpan.Zero));

    public static SourceKey Source(SourceKind kind, string name, string node) => new() { Kind = kind, Name = name, Node = node };

    public static RestorePoint Point() => new()
    {
        Id = PointId,
        Plan = "nightly",
        Outcome = Outcome.Completed,
        Interval = new Interval { StartedAt = Started, FinishedAt = Started },
        Snapshots =
        {
            new Snapshot { Id = "01k9zzzzzzzzzzzzzzzzzzzzs1", Source = Source(SourceKind.Etcd, "main", "cp-1"), Outcome = Outcome.Completed, Etcd = new EtcdEvidence { Revision = 4711, Keys = 12 } },
            new Snapshot { Id = "01k9zzzzzzzzzzzzzzzzzzzzs2", Source = Source(SourceKind.ControlPlaneFiles, "files", "cp-1"), Outcome = Outcome.Completed },
            new Snapshot { Id = "01k9zzzzzzzzzzzzzzzzzzzzs3", Source = Source(SourceKind.Volume, "data", "worker-1"), Outcome = Outcome.PartiallyFailed, Items = { new ItemOutcome { Path = "gone", State = EntryState.Vanished, Reason = "was gone" } } },
            new Snapshot { Id = "01k9zzzzzzzzzzzzzzzzzzzzs4", Source = Source(SourceKind.Volume, "data", "worker-2"), Outcome = Outcome.Completed },
        },
        Failures = { new Failure { Node = "cp-2", Source = "etcd/main@cp-2", Cause = "NodeUnavailable", Message = "No agent." } },
    };

    public static Run Run(RunState state, SourceState source, long bytes) => new()
    {
        Id = RunId,
        Plan = "nightly",
        State = state,
        Interval = new Interval { StartedAt = Started },
        Sources =
        {
            new RunSource
            {
                Source = Source(SourceKind.Volume, "data", "worker-1"),
                State = source,
                Progress = new Progress { Phase = "reading", BytesDone = bytes, BytesTotal = 4096, FilesDone = 1, FilesTotal = 2 },
            },
        },
    };

    public static Restore Restore(RestoreState state) => new()
    {
        Id = RestoreId,
        PointId = PointId,
        Node = "cp-1",
        Source = Source(SourceKind.Etcd, "main", "cp-1"),
        State = state,
        Progress = new Progress { Phase = "building" },
    };

    public static Restore ClusterPlan(string? obstacle = null)
    {
        Restore restore = Restore(RestoreState.Waiting);
        restore.Cluster = new ClusterRestore
        {
            Cluster = "prod",
            Phase = obstacle is null ? ClusterRestorePhase.Planned : ClusterRestorePhase.Over,
            Transformations = { "The revision moves." },
            Nodes = { new ClusterRestoreNode { Node = "cp-1", Part = "member", Step = RestoreStep.Inspect, Done = true, Facts = new NodeFacts { MemberName = "m1" } } },
        };
        restore.Cluster.Obstacles.AddRange(obstacle is null ? [] : [obstacle]);
        return restore;
    }

    public static RestoreItem File(string path, long size) => new()
    {
        Entry = new Entry { Path = ByteString.CopyFromUtf8(path), Kind = EntryKind.File, Mode = 0x1a4, Size = size, ModifiedSeconds = 1_700_000_000 },
    };

    public static RestoreItem Directory(string path) => new()
    {
        Entry = new Entry { Path = ByteString.CopyFromUtf8(path), Kind = EntryKind.Directory, Mode = 0x1ed, ModifiedSeconds = 1_700_000_000 },
    };

    public static RestoreItem Data(long offset, string text, int skip = 0)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return new RestoreItem
        {
            Data = new Data
            {
                FileOffset = offset,
                Compression = Compression.None,
                ChunkLength = bytes.Length,
                Skip = skip,
                Take = bytes.Length - skip,
                ChunkId = ByteString.CopyFrom(SHA256.HashData(bytes)),
                Payload = ByteString.CopyFrom(bytes),
            },
        };
    }

    public static RestoreItem End() => new() { End = new EntryEnd() };

    public static RestoreItem Done(long entries) => new() { Done = new Done { Entries = entries } };

    public static RestoreMessage Message(params RestoreItem[] items) => new() { Items = { items } };
}
