using System.Security.Cryptography;
using System.Text;
using K8sBackup.Model.Ids;
using K8sBackup.Model.Manifests;

namespace K8sBackup.Coordinator.Volumes;

/// <summary>
/// Names of sources for volumes of pods: legible, and ending in a digest of what the data is bound to. The UIDs of claim and persistent
/// volume; path for a directory of a node; the export for NFS; the pod's UID for what lives with the pod. A claim made again under the
/// same name so is another source, with a history of its own and never the parent of the other.
/// </summary>
public static class VolumeNames
{
    private const int DigestBytes = 4;
    private const int LongDigestBytes = 12;

    public static string Of(PodVolume volume, string hostPath)
    {
        ArgumentNullException.ThrowIfNull(volume);
        return volume switch
        {
            { Claim.Length: > 0 } => Named([volume.ClaimUid, volume.PersistentVolumeUid], "pvc", volume.Namespace, volume.Claim),
            { Kind: PodVolumeKind.HostPath } => Named([hostPath], "hostpath", hostPath.Trim('/').Length > 0 ? hostPath : "root"),
            { Kind: PodVolumeKind.Nfs } => Named([volume.Handle], "nfs", volume.Handle),
            _ => Named([volume.PodUid, volume.Volume], "pod", volume.Namespace, volume.Pod, volume.Volume),
        };
    }

    /// <summary>A name that is legible, of any length that fits, and different for different parts or identities.</summary>
    internal static string Named(string[] identity, params string[] parts)
    {
        string legible = string.Join('.', parts.Select(Legible));
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', [.. parts, .. identity])));
        string name = $"{legible}.{Convert.ToHexStringLower(hash.AsSpan(0, DigestBytes))}";
        if (name.Length <= SourceKey.NameLengthMax)
        {
            return name;
        }

        string digest = Convert.ToHexStringLower(hash.AsSpan(0, LongDigestBytes));
        return $"{legible[..(SourceKey.NameLengthMax - digest.Length - 1)]}.{digest}";
    }

    // Names in Kubernetes need no change; paths and servers do.
    private static string Legible(string text) =>
        string.Concat(text.Trim('/').Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? char.ToLowerInvariant(c) : '-'));
}
