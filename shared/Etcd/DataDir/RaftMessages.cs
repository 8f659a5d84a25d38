using System.Text;

namespace K8sBackup.Etcd.DataDir;

/// <summary>The raft messages of a freshly restored member, byte for byte as etcd's tools write them (etcd.md 5.3).</summary>
internal static class RaftMessages
{
    /// <summary>Everything in a restored cluster happened in term 1.</summary>
    public const ulong Term = 1;

    private const ulong ConfChangeEntry = 1;
    private const ulong AddNode = 0;

    public static byte[] Metadata(ulong memberId, ulong clusterId) =>
        new WireWriter().Number(1, memberId).Number(2, clusterId).Written.ToArray();

    /// <summary>A WAL snapshot record; without voters the form of 3.4.</summary>
    public static byte[] WalSnapshot(ulong index, ulong term, IReadOnlyList<ulong>? voters)
    {
        var writer = new WireWriter().Number(1, index).Number(2, term);
        return (voters is null ? writer : writer.Bytes(3, ConfState(voters))).Written.ToArray();
    }

    /// <summary>The log entry that adds a member.</summary>
    public static byte[] AddMember(ulong index, ClusterMember member)
    {
        var change = new WireWriter()
            .Number(1, 0).Number(2, AddNode).Number(3, member.Id).Bytes(4, Encoding.UTF8.GetBytes(GoJson.Member(member)));
        return new WireWriter()
            .Number(1, ConfChangeEntry).Number(2, Term).Number(3, index).Bytes(4, change.Written).Written.ToArray();
    }

    public static byte[] HardState(ulong vote, ulong commit) =>
        new WireWriter().Number(1, Term).Number(2, vote).Number(3, commit).Written.ToArray();

    /// <summary>The message inside a snap file: state, then where in the log it stands.</summary>
    public static byte[] Snapshot(ReadOnlySpan<byte> state, ulong index, IReadOnlyList<ulong> voters)
    {
        var metadata = new WireWriter().Bytes(1, ConfState(voters)).Number(2, index).Number(3, Term);
        return new WireWriter().Bytes(1, state).Bytes(2, metadata.Written).Written.ToArray();
    }

    private static ReadOnlySpan<byte> ConfState(IReadOnlyList<ulong> voters)
    {
        var writer = new WireWriter();
        foreach (var voter in voters)
        {
            writer.Number(1, voter);
        }

        return writer.Number(5, 0).Written;
    }
}
