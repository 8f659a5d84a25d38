namespace Grpc.AspNetCore.Server;

/// <summary>An object in use by one call; disposed afterwards when it was made for the call and not by its container.</summary>
internal readonly record struct Activated<T>(T Instance, bool Owned)
    where T : class
{
    public ValueTask ReleaseAsync()
    {
        if (!Owned)
        {
            return ValueTask.CompletedTask;
        }

        switch (Instance)
        {
            case IAsyncDisposable disposable:
                return disposable.DisposeAsync();
            case IDisposable disposable:
                disposable.Dispose();
                break;
            default:
                break;
        }

        return ValueTask.CompletedTask;
    }
}
