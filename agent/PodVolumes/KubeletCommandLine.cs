namespace K8sBackup.Agent.PodVolumes;

/// <summary>Reads a kubelet's root directory from the words it was started with.</summary>
internal static class KubeletCommandLine
{
    /// <summary>Where a kubelet keeps its state when nothing else is said.</summary>
    public const string DefaultRoot = "/var/lib/kubelet";

    private const string Flag = "--root-dir";
    private const string RancherFlag = "--kubelet-arg";
    private const string RancherValue = "root-dir=";

    // Programs that have a kubelet inside.
    private static readonly string[] Distributions = ["k3s", "rke2"];

    /// <summary>The root directory; null when these are not the words of a kubelet.</summary>
    public static string? RootOf(IReadOnlyList<string> words)
    {
        string program = words.Count > 0 ? Path.GetFileName(words[0]) : "";
        return program switch
        {
            "kubelet" or "hyperkube" => ValueOf(words, Flag) ?? DefaultRoot,
            _ when Distributions.Contains(program, StringComparer.Ordinal) => Rancher(words) ?? DefaultRoot,
            _ => null,
        };
    }

    private static string? ValueOf(IReadOnlyList<string> words, string flag) => Values(words, flag).LastOrDefault();

    // --kubelet-arg=root-dir=/data/kubelet, among other arguments of the kind.
    private static string? Rancher(IReadOnlyList<string> words) => Values(words, RancherFlag)
        .Select(value => value.TrimStart('-'))
        .LastOrDefault(value => value.StartsWith(RancherValue, StringComparison.Ordinal))
        ?[RancherValue.Length..];

    private static IEnumerable<string> Values(IReadOnlyList<string> words, string flag)
    {
        for (int i = 1; i < words.Count; i++)
        {
            if (words[i].StartsWith(flag + "=", StringComparison.Ordinal))
            {
                yield return words[i][(flag.Length + 1)..];
            }
            else if (words[i] == flag && i + 1 < words.Count)
            {
                yield return words[i + 1];
            }
        }
    }
}
