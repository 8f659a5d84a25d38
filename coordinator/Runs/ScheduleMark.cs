namespace K8sBackup.Coordinator.Runs;

/// <summary>Up to when a plan's schedule was followed.</summary>
/// <param name="Schedule">Expression and time zone the mark belongs to; another schedule begins anew.</param>
/// <param name="FollowedUntil">Every occurrence up to this instant was run, skipped or caught up.</param>
public sealed record ScheduleMark(string Schedule, DateTimeOffset FollowedUntil);
