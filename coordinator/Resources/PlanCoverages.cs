using K8sBackup.Coordinator.Coverage;
using K8sBackup.Coordinator.Runs;
using K8sBackup.KubernetesApi.Metadata;

namespace K8sBackup.Coordinator.Resources;

/// <summary>What the status of a BackupPlan says of coverage.</summary>
internal static class PlanCoverages
{
    // Paths have at most this.
    private const int NameMax = 4096;

    private const int NamedInMessage = 3;

    /// <param name="review">The last review. When there was none, or it is in doubt, what was said before stands.</param>
    /// <param name="ended">The newest finished run; null for none.</param>
    /// <param name="before">What the status says.</param>
    public static PlanCoverage? Of(PlanReview? review, RunRecord? ended, PlanCoverage? before) => review is null or { Doubt.Length: > 0 }
        ? before
        : new PlanCoverage
        {
            Protected = review.Protected,
            Excluded = review.Excluded,
            Unprotected = review.Unprotected,
            Unclaimed = review.Unclaimed,
            OldestGood = Conditions.Seconds(review.OldestGood),
            Gaps = [.. review.Gaps.Select(Gap)],
            Unmatched = ended is null ? before?.Unmatched ?? [] : ended.Unmatched ? Texts.Warnings(ended.Notes) : [],
        };

    /// <summary>The condition: whether all that the plan wants and the cluster has can be had back.</summary>
    public static IReadOnlyList<Condition> Covered(this IReadOnlyList<Condition> conditions, PlanReview? review, bool inForce, long? generation, DateTimeOffset now)
    {
        (bool? status, string reason, string message)? found = review switch
        {
            _ when !inForce => (null, "NotInForce", "There is no good version of the plan."),
            null => null,
            { Doubt.Length: > 0 } => (null, "Unknown", review.Doubt),
            { Unprotected: > 0 } => (false, "Unprotected", Sentence($"{review.Unprotected} of {review.Protected + review.Unprotected} the plan takes cannot be had back", review)),
            { Protected: 0 } => (false, "Nothing", "The plan takes nothing that is there."),
            { Unclaimed: > 0 } => (false, "Unclaimed", Sentence($"All {review.Protected} the plan takes can be had back, but {review.Unclaimed} in the cluster are neither taken nor left out by any plan", review)),
            _ => (true, "Protected", FormattableString.Invariant($"All {review.Protected} the plan takes can be had back, and {review.Excluded} are left out.")),
        };
        return found is { } given ? conditions.With(Conditions.Covered, given.status, given.reason, given.message, generation, now) : conditions;
    }

    private static string Sentence(FormattableString what, PlanReview review)
    {
        string named = string.Join(" ", review.Gaps.Take(NamedInMessage).Select(item => $"{Title(item.Subject)}: {Texts.Cut(item.Reason, Texts.SentenceMax)}"));
        int more = review.Unprotected + review.Unclaimed - Math.Min(NamedInMessage, review.Gaps.Count);
        return FormattableString.Invariant(what) + ". " + named + (more > 0 ? FormattableString.Invariant($" And {more} more: see status.coverage, or k8sbackup coverage.") : "");
    }

    private static string Title(CoverageSubject subject) => (subject.Namespace.Length, subject.Node.Length) switch
    {
        (> 0, _) => $"{subject.Kind} {subject.Namespace}/{subject.Name}",
        (0, > 0) when subject.Node != subject.Name => $"{subject.Kind} {subject.Name} of {subject.Node}",
        _ => $"{subject.Kind} {subject.Name}",
    };

    private static CoverageGap Gap(CoverageItem item) => new()
    {
        Kind = item.Subject.Kind.ToString(),
        Namespace = item.Subject.Namespace,
        Name = Texts.Cut(item.Subject.Name, NameMax),
        Node = item.Subject.Node,
        Reason = Texts.Cut(item.Reason, Texts.SentenceMax),
    };
}
