namespace K8sBackup.Repository.Writing;

/// <summary>What the wall clock and the monotonic clock said at the same moment: later they must have moved by as much.</summary>
/// <param name="Wall">The time of day.</param>
/// <param name="Timestamp">The monotonic clock.</param>
/// <param name="Jump">How far the wall clock was off by an earlier anchor, which is why this one was taken; zero for the first.</param>
internal readonly record struct ClockAnchor(DateTimeOffset Wall, long Timestamp, TimeSpan Jump = default);
