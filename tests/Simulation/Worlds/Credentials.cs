using K8sBackup.Repository.Keys;
using K8sBackup.Simulation.Scheduling;

namespace K8sBackup.Simulation.Worlds;

/// <summary>What opens every repository of this process; made once, because making keys is slow.</summary>
internal sealed class Credentials : IDisposable
{
    private readonly KeyFile _key;
    private readonly RecoveryPrivateKey _recovery;

    public Credentials()
    {
        SeededRandomness.Begin(0);
        _key = KeyFile.Generate();
        _recovery = RecoveryPrivateKey.Generate();
        Slots = [new NewSlot(_key, "key"), new NewSlot(_recovery.PublicKey, "recovery")];
    }

    public IReadOnlyList<NewSlot> Slots { get; }

    public void Dispose()
    {
        _key.Dispose();
        _recovery.Dispose();
    }
}
