using K8sBackup.Transport.Payloads;

namespace K8sBackup.Transport.V1;

/// <summary>What the generated part knows nothing of.</summary>
public sealed partial class Frame
{
    /// <summary>The message that <see cref="ChunkIds"/> and <see cref="Payload"/> are pieces of; null when they have memory of their own.</summary>
    internal MessageBytes? Source { get; set; }

    /// <summary>Gives the memory back; ids and payload are of no use afterwards.</summary>
    public void Release() => Source?.Dispose();
}
