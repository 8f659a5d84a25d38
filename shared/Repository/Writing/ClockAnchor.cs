namespace K8sBackup.Repository.Writing;

/// <summary>What the wall clock and the monotonic clock said at the same moment: later they must have moved by as much.</summary>
internal readonly record struct ClockAnchor(DateTimeOffset Wall, long Timestamp);
