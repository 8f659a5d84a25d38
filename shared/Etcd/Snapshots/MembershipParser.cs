using System.Text.Json;
using K8sBackup.Etcd.Bolt;

namespace K8sBackup.Etcd.Snapshots;

/// <summary>Reads the records of the members and alarm buckets.</summary>
internal static class MembershipParser
{
    public static EtcdMemberFact ParseMember(ReadOnlySpan<byte> json, ulong pageId)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            var root = document.RootElement;
            return new EtcdMemberFact(
                root.GetProperty("id").GetUInt64(),
                root.TryGetProperty("name", out var name) ? name.GetString() ?? string.Empty : string.Empty,
                ReadStrings(root, "peerURLs"),
                ReadStrings(root, "clientURLs"),
                root.TryGetProperty("isLearner", out var learner) && learner.GetBoolean());
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new CorruptDatabaseException(pageId, "a member record is not the JSON etcd writes", e);
        }
    }

    public static EtcdAlarmFact ParseAlarm(ReadOnlySpan<byte> record, ulong pageId)
    {
        ulong member = 0;
        var kind = EtcdAlarmKind.None;
        var reader = new WireReader(record);
        while (reader.MoveNext())
        {
            if (reader.Field == 1)
            {
                member = reader.Number;
            }
            else if (reader.Field == 2)
            {
                kind = reader.Number <= 2 ? (EtcdAlarmKind)reader.Number : EtcdAlarmKind.None;
            }
        }

        return reader.Failed
            ? throw new CorruptDatabaseException(pageId, "an alarm record is not well-formed")
            : new EtcdAlarmFact(member, kind);
    }

    private static List<string> ReadStrings(JsonElement root, string name)
    {
        var strings = new List<string>();
        if (root.TryGetProperty(name, out var array) && array.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in array.EnumerateArray())
            {
                strings.Add(item.GetString() ?? string.Empty);
            }
        }

        return strings;
    }
}
