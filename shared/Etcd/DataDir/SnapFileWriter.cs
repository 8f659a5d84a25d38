using System.Globalization;
using System.Text;
using K8sBackup.Etcd.Files;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.DataDir;

/// <summary>
/// Writes the snap file of a restored member: the membership in the v2 store's JSON, which servers up to 3.5 take their
/// members from and 3.6 still loads.
/// </summary>
internal static class SnapFileWriter
{
    private const string NoExpiry = "0001-01-01T00:00:00Z";
    private const int StoreVersion = 2;

    /// <summary>Name for a cluster of this many members: term and index in hex.</summary>
    public static string FileName(int members) =>
        string.Create(CultureInfo.InvariantCulture, $"{RaftMessages.Term:x16}-{members:x16}.snap");

    /// <summary>Writes and syncs the file.</summary>
    public static void Write(string path, ClusterIdentity identity)
    {
        var voters = identity.Members.Select(member => member.Id).ToArray();
        var message = RaftMessages.Snapshot(Encoding.UTF8.GetBytes(StoreJson(identity)), (ulong)voters.Length, voters);
        var bytes = new WireWriter().Number(1, Crc32C.Append(0, message)).Bytes(2, message).Written;
        using var handle = PosixFile.CreateNew(path);
        RandomAccess.Write(handle, bytes, 0);
        PosixFile.Sync(handle);
    }

    private static string StoreJson(ClusterIdentity identity)
    {
        var members = new List<string>();
        for (var i = 0; i < identity.Members.Count; i++)
        {
            var member = identity.Members[i];
            var id = member.Id.ToString("x", CultureInfo.InvariantCulture);
            var path = "/0/members/" + id;
            var attributes = Node(path + "/raftAttributes", i + 1, GoJson.RaftAttributes(member), "null");
            members.Add($"\"{id}\":{Node(path, i + 1, string.Empty, $"{{\"raftAttributes\":{attributes}}}")}");
        }

        var list = Node("/0/members", 1, string.Empty, $"{{{string.Join(',', members)}}}");
        var cluster = Node("/0", 0, string.Empty, $"{{\"members\":{list}}}");
        var root = Node("/", 0, string.Empty, $"{{\"0\":{cluster},\"1\":{Node("/1", 0, string.Empty, "{}")}}}");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"Root\":{root},\"CurrentIndex\":{identity.Members.Count},\"CurrentVersion\":{StoreVersion}}}");
    }

    private static string Node(string path, int index, string value, string children) => string.Create(
        CultureInfo.InvariantCulture,
        $"{{\"Path\":\"{path}\",\"CreatedIndex\":{index},\"ModifiedIndex\":{index},\"ExpireTime\":\"{NoExpiry}\",\"Value\":{GoJson.Quote(value)},\"Children\":{children}}}");
}
