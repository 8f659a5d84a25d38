using System.Globalization;
using K8sBackup.Etcd.DataDir;

namespace K8sBackup.Etcd.Discovery;

/// <summary>Finds etcd in a static pod, as kubeadm writes it or as changed by hand. Knows no other layout.</summary>
public static class EtcdPodReader
{
    /// <summary>Where kubeadm puts the manifest, below the host's root.</summary>
    public const string DefaultPath = "etc/kubernetes/manifests/etcd.yaml";

    /// <summary>Reads a manifest.</summary>
    /// <param name="file">Its path, as this process sees it.</param>
    /// <exception cref="StaticPodException">It is no etcd pod, or one of an unknown layout.</exception>
    /// <exception cref="IOException">It could not be read.</exception>
    public static EtcdStaticPod ReadFile(string file) => Read(StaticPodParser.ReadFile(file));

    /// <summary>Reads the text of a manifest; <paramref name="file"/> is named in errors.</summary>
    /// <exception cref="StaticPodException">It is no etcd pod, or one of an unknown layout.</exception>
    public static EtcdStaticPod Parse(string yaml, string file) => Read(StaticPodParser.Parse(yaml, file));

    private static EtcdStaticPod Read(StaticPod pod) => pod.Containers.FirstOrDefault(IsEtcd) is { } container
        ? Describe(pod.File, container)
        : throw new StaticPodException(pod.File, "no container runs etcd directly");

    // An image whose entry point is etcd may have flags only.
    private static bool IsEtcd(PodContainer container) => container.Words is [var first, ..]
        && (Path.GetFileName(first) == "etcd" || (first.StartsWith('-') && container.Name == "etcd"));

    private static EtcdStaticPod Describe(string file, PodContainer container)
    {
        var flags = EtcdFlags.Parse(container.Words);
        foreach (var (name, value) in container.Environment)
        {
            EtcdFlags.AddEnvironment(flags, name, value);
        }

        if (flags.ContainsKey("config-file"))
        {
            throw new StaticPodException(file, "etcd is configured by a file of its own (--config-file); give its settings directly");
        }

        var user = Id(file, "runAsUser", container.RunAsUser);
        var group = Id(file, "runAsGroup", container.RunAsGroup);
        return new EtcdStaticPod
        {
            File = file,
            Image = container.Image,
            Flags = flags,
            Mounts = container.Mounts,
            Owner = user is null && group is null ? null : new FileOwner(user ?? 0, group ?? 0),
        };
    }

    private static uint? Id(string file, string key, string? text) =>
        text is null ? null
        : uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id
        : throw new StaticPodException(file, $"{key} '{text}' is not an id");
}
