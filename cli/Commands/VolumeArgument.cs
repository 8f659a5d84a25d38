using System.Diagnostics.CodeAnalysis;
using K8sBackup.Model.Outcomes;
using K8sBackup.Transport.V1;

namespace K8sBackup.Cli.Commands;

/// <summary>Volumes as they are called in the cluster: <c>namespace/claim</c>, and <c>namespace/pod:volume</c>, where the volume may be left out.</summary>
internal static class VolumeArgument
{
    /// <exception cref="BackupException">The text is no such name.</exception>
    [return: NotNullIfNotNull(nameof(text))]
    public static VolumeName? Claim(string? text) => text is null ? null
        : Find(text) is { Claim.Length: > 0 } name ? name
        : throw new BackupException(FailureCause.InvalidRequest, $"'{text}' names no claim; write NAMESPACE/CLAIM.");

    /// <exception cref="BackupException">The text is no such name.</exception>
    [return: NotNullIfNotNull(nameof(text))]
    public static VolumeName? Pod(string? text) => text is null ? null : Find(text) switch
    {
        { Pod.Length: > 0 } name => name,
        { } name => new VolumeName { Namespace = name.Namespace, Pod = name.Claim },
        null => throw new BackupException(FailureCause.InvalidRequest, $"'{text}' names no volume of a pod; write NAMESPACE/POD:VOLUME."),
    };

    /// <summary>The name; null when it is none.</summary>
    public static VolumeName? Find(string text)
    {
        string[] parts = text.Split('/');
        string[] pod = parts[^1].Split(':');
        bool isName = parts.Length == 2 && pod.Length <= 2 && parts[0].Length > 0 && pod.All(part => part.Length > 0);
        return !isName ? null
            : pod.Length == 1 ? new VolumeName { Namespace = parts[0], Claim = pod[0] }
            : new VolumeName { Namespace = parts[0], Pod = pod[0], Volume = pod[1] };
    }

    /// <summary>True when the name is one of the volume's.</summary>
    public static bool Names(VolumeName name, PodVolume? volume) =>
        volume is not null
        && volume.Namespace == name.Namespace
        && (name.Claim.Length > 0
            ? volume.Claim == name.Claim
            : volume.Pod == name.Pod && (name.Volume.Length == 0 || volume.Volume == name.Volume));
}
