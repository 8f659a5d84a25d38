using K8sBackup.Model.Ids;

namespace K8sBackup.Model.Retention;

/// <summary>The retention of one plan.</summary>
public sealed record RetentionPolicy
{
    /// <summary>Good restore points that stay when a plan does not say how many.</summary>
    public const int MinimumGoodDefault = 3;

    /// <summary>Keeps everything, for a plan that says nothing and for points whose plan is gone.</summary>
    public static readonly RetentionPolicy KeepAll = new();

    /// <summary>The rules for kinds of source without rules of their own.</summary>
    public RetentionRules Rules { get; init; } = RetentionRules.KeepAll;

    /// <summary>Rules of single kinds, which stand instead of <see cref="Rules"/>.</summary>
    public IReadOnlyDictionary<SourceKind, RetentionRules> ByKind { get; init; } = new Dictionary<SourceKind, RetentionRules>();

    /// <summary>Newest good points of each kind that stay whatever the rules say.</summary>
    public int MinimumGood { get; init; } = MinimumGoodDefault;

    /// <summary>Where days, weeks, months and years begin.</summary>
    public TimeZoneInfo Zone { get; init; } = TimeZoneInfo.Utc;

    public RetentionRules RulesOf(SourceKind kind) => ByKind.GetValueOrDefault(kind, Rules);
}
