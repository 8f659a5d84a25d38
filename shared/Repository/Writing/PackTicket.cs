using K8sBackup.Repository.Packs;

namespace K8sBackup.Repository.Writing;

/// <summary>One pack on its way to durability, and who waits for it.</summary>
internal sealed class PackTicket
{
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Set when the pack is complete.</summary>
    public PackDirectory? Directory { get; set; }

    /// <summary>Completes when pack and index segment are durable.</summary>
    public Task Durable => _durable.Task;

    public void Complete() => _durable.TrySetResult();

    public void Fail(Exception failure)
    {
        _durable.TrySetException(failure);
        // Nobody may be waiting for this pack, which is no reason to report its failure a second time.
        _ = _durable.Task.Exception;
    }
}
