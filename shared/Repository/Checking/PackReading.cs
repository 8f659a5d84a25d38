namespace K8sBackup.Repository.Checking;

/// <summary>What is known of the reading of a pack.</summary>
/// <param name="At">When its every frame was read last, or when it was first seen if it never was.</param>
/// <param name="Outcome">What came of it.</param>
internal readonly record struct PackReading(DateTimeOffset At, PackReadingOutcome Outcome)
{
    /// <summary>True when it was read, well or not.</summary>
    public bool WasRead => Outcome != PackReadingOutcome.Seen;
}
