using System.Collections.Concurrent;
using K8sBackup.Coordinator.State;

namespace K8sBackup.Coordinator.Tests.Fleet;

/// <summary>A state home that keeps nothing for good until the test lets it.</summary>
internal sealed class HeldStateHome(IStateHome inner) : IStateHome
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Documents somebody waits for.</summary>
    public ConcurrentBag<string> Flushed { get; } = [];

    public void Release() => _released.TrySetResult();

    public IReadOnlyList<string> Names(string folder) => inner.Names(folder);

    public T? Read<T>(string name)
        where T : class => inner.Read<T>(name);

    public void Write<T>(string name, T value)
        where T : class => inner.Write(name, value);

    public void Delete(string name) => inner.Delete(name);

    public Task FlushAsync(string name, CancellationToken cancellationToken)
    {
        Flushed.Add(name);
        return _released.Task.WaitAsync(cancellationToken);
    }
}
