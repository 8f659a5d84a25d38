namespace K8sBackup.ObjectStore.S3;

/// <summary>What an endpoint really does, as found by <see cref="S3Probe"/>.</summary>
internal sealed record S3Capabilities
{
    /// <summary>Writes with a condition fail when it does not hold.</summary>
    public bool EnforcesConditions { get; init; } = true;

    /// <summary>Entity tags in conditions are quoted.</summary>
    public bool QuotesTags { get; init; } = true;

    /// <summary>Completing an upload in parts keeps to a condition too.</summary>
    public bool EnforcesConditionsOnParts { get; init; }

    /// <summary>Overwriting and deleting leave former versions.</summary>
    public bool IsVersioned { get; init; }

    /// <summary>Content that does not fit its signature is refused.</summary>
    public bool ChecksContent { get; init; } = true;
}
