using K8sBackup.ObjectStore;

namespace K8sBackup.Simulation.Store;

/// <summary>One call on its way: what it does in the store, and what the caller hears of it.</summary>
internal sealed class StoreCall<T>(Func<T> apply, ObjectStoreException lost)
{
    private readonly TaskCompletionSource<T> _heard = new();
    private T? _result;
    private Exception? _fault;

    public Task<T> Task => _heard.Task;

    public void Apply()
    {
        try
        {
            _result = apply();
        }
        catch (ObjectStoreException e)
        {
            _fault = e;
        }
    }

    public void Answer(bool arrives)
    {
        if (!arrives)
        {
            _heard.TrySetException(lost);
        }
        else if (_fault is not null)
        {
            _heard.TrySetException(_fault);
        }
        else
        {
            _heard.TrySetResult(_result!);
        }
    }

    public void GiveUp(CancellationToken cancellationToken) => _heard.TrySetCanceled(cancellationToken);
}
