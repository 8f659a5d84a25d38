using K8sBackup.Repository.Format;

namespace K8sBackup.Repository.Keys;

/// <summary>Something that makes and opens key slots: a <see cref="KeyFile"/>, a <see cref="Passphrase"/> or a recovery key.</summary>
public abstract class SlotCredential : IDisposable
{
    private protected SlotCredential()
    {
    }

    /// <summary>The kind of slot it makes and opens.</summary>
    public abstract KeySlotKind Kind { get; }

    /// <summary>True when it stays with people rather than in the cluster it protects.</summary>
    public bool IsRecovery => Kind is KeySlotKind.Passphrase or KeySlotKind.RecoveryKey;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    public override string ToString() => $"{Kind} [redacted]";

    protected abstract void Dispose(bool disposing);

    /// <summary>Completes a new slot (everything but the wrapped keys) and gives its wrapping key.</summary>
    internal abstract (KeySlot Slot, SecretBytes WrappingKey) Prepare(KeySlot blank);

    /// <summary>The wrapping key of a slot of this kind; null when the slot is visibly another key's.</summary>
    /// <exception cref="RepositoryCorruptException">The slot's parameters make no sense.</exception>
    internal abstract SecretBytes? WrappingKeyOf(KeySlot slot);

    private protected static RepositoryCorruptException BadParameters(KeySlot slot, string detail) =>
        new(RepositoryDamage.Malformed, ObjectNames.Key(slot.Id), detail);
}
