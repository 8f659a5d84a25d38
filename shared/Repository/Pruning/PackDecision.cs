namespace K8sBackup.Repository.Pruning;

/// <summary>One pack that goes, for people.</summary>
/// <param name="ObjectName">The pack.</param>
/// <param name="Reason">Why it goes.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="LivePercent">Share of its plaintext that is needed and copied, in percent.</param>
public sealed record PackDecision(string ObjectName, PackReason Reason, long Bytes, int LivePercent);
