namespace Grpc.Core;

/// <summary>Carries deadline and cancellation of a served call to a call made for it. Made by ServerCallContext only.</summary>
public abstract class ContextPropagationToken
{
    internal ContextPropagationToken()
    {
    }

    /// <summary>The served call's deadline, or null.</summary>
    internal abstract DateTime? Deadline { get; }

    /// <summary>The served call's cancellation.</summary>
    internal abstract CancellationToken CancellationToken { get; }
}
