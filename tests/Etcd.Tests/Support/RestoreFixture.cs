using K8sBackup.Etcd.DataDir;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Tests.Support;

/// <summary>Requests as the tests of data-dirs use them.</summary>
internal static class RestoreFixture
{
    public static DataDirRequest Request(string snapshot, string stage, params InitialMember[] members) => new()
    {
        DatabasePath = snapshot,
        StageDirectory = stage,
        Members = members.Length > 0 ? members : [new InitialMember("m1", ["http://127.0.0.1:2380"])],
        MemberName = members.Length > 0 ? members[0].Name : "m1",
        ClusterToken = "kb-restore-1",
        TargetVersion = EtcdVersion.V34,
    };
}
