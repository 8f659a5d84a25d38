namespace K8sBackup.Agent.Hosting;

/// <summary>Configuration as written, before it is checked; null where nothing was said.</summary>
internal sealed record OptionValues
{
    public IReadOnlyList<string>? Coordinators { get; init; }

    public string? Node { get; init; }

    public string? Role { get; init; }

    public string? JoinTokenFile { get; init; }

    public string? ServiceAccountTokenFile { get; init; }

    public string? AuthorityFile { get; init; }

    public string? StateDirectory { get; init; }

    public string? HostRoot { get; init; }

    public IReadOnlyList<string>? VolumeRoots { get; init; }

    public IReadOnlyList<string>? RestoreRoots { get; init; }

    public string? KubeletRoot { get; init; }

    public string? RestoreIntoVolumes { get; init; }

    public string? SpoolDirectory { get; init; }

    public string? SpoolBytesMax { get; init; }

    public IReadOnlyDictionary<string, string>? Drills { get; init; }

    public string? ReadBytesPerSecond { get; init; }

    public string? ReadHungAfterSeconds { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? LogLevel { get; init; }

    /// <summary>These values, and where they are silent those of <paramref name="other"/>.</summary>
    public OptionValues Over(OptionValues other) => DirectoriesOver(other) with
    {
        Coordinators = Coordinators ?? other.Coordinators,
        Node = Node ?? other.Node,
        Role = Role ?? other.Role,
        JoinTokenFile = JoinTokenFile ?? other.JoinTokenFile,
        SpoolBytesMax = SpoolBytesMax ?? other.SpoolBytesMax,
        Drills = Drills ?? other.Drills,
        ReadBytesPerSecond = ReadBytesPerSecond ?? other.ReadBytesPerSecond,
        ReadHungAfterSeconds = ReadHungAfterSeconds ?? other.ReadHungAfterSeconds,
        Labels = Labels ?? other.Labels,
        LogLevel = LogLevel ?? other.LogLevel,
    };

    private OptionValues DirectoriesOver(OptionValues other) => this with
    {
        ServiceAccountTokenFile = ServiceAccountTokenFile ?? other.ServiceAccountTokenFile,
        AuthorityFile = AuthorityFile ?? other.AuthorityFile,
        StateDirectory = StateDirectory ?? other.StateDirectory,
        HostRoot = HostRoot ?? other.HostRoot,
        VolumeRoots = VolumeRoots ?? other.VolumeRoots,
        RestoreRoots = RestoreRoots ?? other.RestoreRoots,
        KubeletRoot = KubeletRoot ?? other.KubeletRoot,
        RestoreIntoVolumes = RestoreIntoVolumes ?? other.RestoreIntoVolumes,
        SpoolDirectory = SpoolDirectory ?? other.SpoolDirectory,
    };
}
