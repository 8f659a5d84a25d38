using System.Globalization;
using System.Text.RegularExpressions;
using K8sBackup.Etcd.Client;
using K8sBackup.Etcd.Snapshots;

namespace K8sBackup.Etcd.Proving;

/// <summary>
/// Reads alarms out of what members say of themselves: each lists those of the whole cluster among its errors. Asking for
/// them by the call made for it writes to the log of the cluster, and needs a leader.
/// </summary>
internal static partial class StatusAlarms
{
    /// <summary>The alarms the members know of, each once.</summary>
    public static IReadOnlyList<EtcdAlarmFact> Read(IEnumerable<EtcdMemberStatus> statuses) =>
        [.. statuses.SelectMany(status => status.Errors).Select(Parse).OfType<EtcdAlarmFact>().Distinct()];

    private static EtcdAlarmFact? Parse(string error)
    {
        var match = Form().Match(error);
        var kind = match.Groups["kind"].Value switch
        {
            "NOSPACE" => EtcdAlarmKind.NoSpace,
            "CORRUPT" => EtcdAlarmKind.Corrupt,
            _ => EtcdAlarmKind.None,
        };
        return match.Success && ulong.TryParse(match.Groups["member"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var member)
            ? new EtcdAlarmFact(member, kind)
            : null;
    }

    // A Protobuf message as text; how many spaces stand between its fields is not defined.
    [GeneratedRegex(@"^\s*memberID:(?<member>\d{1,20})\s+alarm:(?<kind>[A-Z]+)\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
