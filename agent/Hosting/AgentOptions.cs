using K8sBackup.Transport.Identity;

namespace K8sBackup.Agent.Hosting;

/// <summary>The agent's configuration, checked. Paths on the node are written as the node sees them.</summary>
internal sealed record AgentOptions
{
    public const string DefaultStateDirectory = "/var/lib/k8sbackup-agent";

    /// <summary>Kubelet's root: the volumes of pods lie below it.</summary>
    public const string DefaultVolumeRoot = "/var/lib/kubelet/pods";

    /// <summary>
    /// The largest database etcd recommends is 8 GiB, and a spool smaller than the database cannot hold its snapshot.
    /// </summary>
    public const long DefaultSpoolBytesMax = 9L * 1024 * 1024 * 1024;

    public const int LabelsMax = 64;

    /// <summary>Tried in turn.</summary>
    public required IReadOnlyList<Uri> Coordinators { get; init; }

    public required string Node { get; init; }

    /// <summary>What the node is to be enrolled as; null for what its token gives. A saved identity of the other role is not used.</summary>
    public Role? Role { get; init; }

    /// <summary>File with a join token; empty when there is none.</summary>
    public string JoinTokenFile { get; init; } = "";

    /// <summary>File with a token of the pod's service account, in a cluster instead of a join token; empty when there is none.</summary>
    public string ServiceAccountTokenFile { get; init; } = "";

    /// <summary>File with the certificate of the coordinator's authority, for the first contact with that token.</summary>
    public string AuthorityFile { get; init; } = "";

    public required string StateDirectory { get; init; }

    /// <summary>Where the node's file system begins: "/" on the node itself, a mount point in a container.</summary>
    public string HostRoot { get; init; } = "/";

    /// <summary>Directories volumes may lie in.</summary>
    public IReadOnlyList<string> VolumeRoots { get; init; } = [DefaultVolumeRoot];

    /// <summary>Further directories restores may write into.</summary>
    public IReadOnlyList<string> RestoreRoots { get; init; } = [];

    /// <summary>Whether restores may write into volumes of running pods.</summary>
    public bool RestoreIntoVolumes { get; init; } = true;

    /// <summary>Below which the volumes of pods lie; empty to find it.</summary>
    public string KubeletRoot { get; init; } = "";

    public required string SpoolDirectory { get; init; }

    public long SpoolBytesMax { get; init; } = DefaultSpoolBytesMax;

    /// <summary>Where drills work: room for three times the etcd database.</summary>
    public required string DrillDirectory { get; init; }

    /// <summary>An etcd program for drills where none runs that could be copied; empty for none.</summary>
    public string DrillEtcdProgram { get; init; } = "";

    /// <summary>Most bytes a second all captures of the node read together; 0 for no limit but the pressure of others.</summary>
    public long ReadBytesPerSecond { get; init; }

    /// <summary>How long a file system may take for one answer before the file counts as hung.</summary>
    public TimeSpan ReadHungAfter { get; init; } = TimeSpan.FromMinutes(2);

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    public string IdentityDirectory => Path.Combine(StateDirectory, "identity");

    public string ResultsDirectory => Path.Combine(StateDirectory, "results");
}
