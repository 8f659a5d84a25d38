using System.Security.Cryptography;
using System.Text;
using K8sBackup.Model.Ids;

namespace K8sBackup.Coordinator.Fleet;

/// <summary>
/// Names of work, derived from what the work is for: a restarted coordinator gives the same name to the same work, so
/// that an agent still doing it simply carries on.
/// </summary>
public static class WorkIds
{
    // 64 bits tell the sources of one run apart; the run id makes the rest unique.
    private const int SourceHashBytes = 8;

    public static string ForBackup(RunId run, SourceKey source)
    {
        ArgumentNullException.ThrowIfNull(source);
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(source.ToString()));
        return $"b-{run}-{Convert.ToHexStringLower(hash.AsSpan(0, SourceHashBytes))}";
    }

    public static string ForRestore(RestoreId restore) => $"r-{restore}";

    /// <summary>The work of one node in one phase of a cluster's restore; a new attempt is new work.</summary>
    public static string ForStep(RestoreId restore, string phase, string node, int attempt)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{phase} {node}"));
        return $"s-{restore}-{attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)}-{Convert.ToHexStringLower(hash.AsSpan(0, SourceHashBytes))}";
    }
}
