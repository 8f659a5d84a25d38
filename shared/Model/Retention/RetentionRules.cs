namespace K8sBackup.Model.Retention;

/// <summary>How long restore points are kept: each rule keeps points, and a point kept by any rule stays.</summary>
public sealed record RetentionRules
{
    /// <summary>Keeps everything, for a plan that says nothing.</summary>
    public static readonly RetentionRules KeepAll = new();

    public int? KeepLast { get; init; }

    public int? KeepHourly { get; init; }

    public int? KeepDaily { get; init; }

    public int? KeepWeekly { get; init; }

    public int? KeepMonthly { get; init; }

    public int? KeepYearly { get; init; }

    /// <summary>Keeps every point that is less than this older than the newest one.</summary>
    public TimeSpan? KeepWithin { get; init; }

    /// <summary>True when no rule is given.</summary>
    public bool KeepsAll => this == KeepAll;
}
