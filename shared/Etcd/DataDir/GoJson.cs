using System.Globalization;
using System.Text;

namespace K8sBackup.Etcd.DataDir;

/// <summary>JSON spelled as Go's encoding/json spells it, so that bytes equal those of etcd's own tools.</summary>
internal static class GoJson
{
    /// <summary>A member record: the content of the members bucket and of a ConfChange.</summary>
    public static string Member(ClusterMember member)
    {
        var json = new StringBuilder("{\"id\":").Append(member.Id.ToString(CultureInfo.InvariantCulture)).Append(',');
        AppendPeerUrls(json, member.PeerUrls);
        return json.Append(",\"name\":").Append(Quote(member.Name)).Append('}').ToString();
    }

    /// <summary>The raft attributes the v2 store keeps of a member.</summary>
    public static string RaftAttributes(ClusterMember member)
    {
        var json = new StringBuilder("{");
        AppendPeerUrls(json, member.PeerUrls);
        return json.Append('}').ToString();
    }

    /// <summary>The ConfState of the meta bucket: everyone votes.</summary>
    public static string ConfState(IEnumerable<ulong> voters) =>
        $"{{\"voters\":[{string.Join(',', voters.Select(id => id.ToString(CultureInfo.InvariantCulture)))}],\"auto_leave\":false}}";

    /// <summary>A string with the escapes of Go, which include the characters HTML gives a meaning to.</summary>
    public static string Quote(string text)
    {
        var json = new StringBuilder("\"");
        foreach (var c in text)
        {
            json = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' or '<' or '>' or '&' or '\u2028' or '\u2029' =>
                    json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"').ToString();
    }

    private static void AppendPeerUrls(StringBuilder json, IReadOnlyList<string> urls) =>
        json.Append("\"peerURLs\":[").AppendJoin(',', urls.Select(Quote)).Append(']');
}
