namespace K8sBackup.Coordinator.Coverage;

/// <summary>Whether something can be had back, and why not.</summary>
/// <param name="Subject">What.</param>
/// <param name="State">Whether.</param>
/// <param name="Reason">Why not; empty when it can.</param>
/// <param name="LastGood">Its newest complete snapshot, also of what no plan takes any more; null for none.</param>
public sealed record CoverageItem(CoverageSubject Subject, CoverageState State, string Reason, LastGood? LastGood)
{
    /// <summary>Puts together what plans say and what there is.</summary>
    public static CoverageItem Of(CoverageSubject subject, LastGood? lastGood)
    {
        ArgumentNullException.ThrowIfNull(subject);
        return subject.Verdict switch
        {
            CoverageVerdict.LeftOut => new CoverageItem(subject, CoverageState.Excluded, subject.Reason, lastGood),
            CoverageVerdict.Taken when lastGood is not null => new CoverageItem(subject, CoverageState.Protected, "", lastGood),
            CoverageVerdict.Taken => new CoverageItem(subject, CoverageState.Unprotected, "There is no complete snapshot of it yet.", null),
            _ => new CoverageItem(subject, CoverageState.Unprotected, subject.Reason, lastGood),
        };
    }
}
