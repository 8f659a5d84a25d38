namespace K8sBackup.Bench.Accounting;

/// <summary>One operation of one tool, measured.</summary>
internal sealed record Sample
{
    public required int Round { get; init; }

    public required double WallSeconds { get; init; }

    public required IReadOnlyList<ProcessUse> Processes { get; init; }

    /// <summary>CPU time of the machine that was not the tool's: other work, the measuring itself, the kernel's threads.</summary>
    public required double OtherCpuSeconds { get; init; }

    /// <summary>Bytes of all files in the repository afterwards.</summary>
    public required long RepositoryBytes { get; init; }

    /// <summary>How many of them the operation added.</summary>
    public required long AddedBytes { get; init; }

    public double CpuSeconds => Processes.Sum(p => p.CpuSeconds);

    /// <summary>The peaks of the programs that do the work, added up as if they came at the same time; the command line only watches.</summary>
    public long PeakBytes => Processes.Where(p => p.Program != Tools.OwnTool.CommandLineProgram).Sum(p => p.PeakBytes);
}
