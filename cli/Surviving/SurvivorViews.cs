using K8sBackup.Cli.Output;
using K8sBackup.Cli.Output.Views;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Surviving;

internal static class SurvivorViews
{
    public static readonly View<MemberDisk> Disk = new View<MemberDisk>()
        .Text("node", "Node", d => d.Node)
        .Text("use", "Held", d => d.Use)
        .Flag("databaseSound", "Database whole", d => d.DatabaseSound)
        .Number("revision", "Revision", d => d.Revision)
        .Number("consistentIndex", "Applied index", d => (long)d.ConsistentIndex)
        .Number("commit", "Commit", d => (long)d.Commit)
        .Number("lastIndex", "Last index", d => (long)d.LastIndex)
        .Number("term", "Term", d => (long)d.Term)
        .Number("lastTerm", "Term of last entry", d => (long)d.LastTerm, FieldPlace.Documents)
        .Text("vote", "Vote", d => d.Vote, FieldPlace.Documents)
        .Number("keys", "Keys", d => d.Keys)
        .Number("hashKv", "HashKV", d => d.HashKv)
        .Bytes("databaseBytes", "Database", d => d.DatabaseBytes)
        .Text("dataVersion", "Data version", d => d.DataVersion, FieldPlace.Documents)
        .Text("memberId", "Member id", d => d.MemberId, FieldPlace.Documents)
        .Text("clusterId", "Cluster id", d => d.ClusterId)
        .Text("owner", "Owner", d => d.Owner, FieldPlace.Documents)
        .Text("dataDir", "Data directory", d => d.DataDir, FieldPlace.Documents)
        .Text("problem", "Problem", Problem)
        .Object("failure", "Failure", CommonViews.Failure, d => d.Failure);

    public static readonly View<SurvivorReport> Report = new View<SurvivorReport>()
        .Text("best", "Best survivor", r => r.Choice.Node)
        .List("reasons", "Why", r => r.Choice.Reasons)
        .Table("members", "Members", Disk, r => r.Disks);

    private static string Problem(MemberDisk disk) =>
        string.Join("; ", new[] { disk.Failure?.Message ?? "", disk.DatabaseProblem, disk.WalDamage }.Where(text => text.Length > 0));
}
