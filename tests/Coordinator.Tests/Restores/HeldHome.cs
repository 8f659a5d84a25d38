using K8sBackup.Coordinator.State;

namespace K8sBackup.Coordinator.Tests.Restores;

/// <summary>A state home that says before it writes.</summary>
internal sealed class HeldHome(IStateHome inner, Action beforeWrite) : IStateHome
{
    public IReadOnlyList<string> Names(string folder) => inner.Names(folder);

    public T? Read<T>(string name)
        where T : class => inner.Read<T>(name);

    public void Write<T>(string name, T value)
        where T : class
    {
        beforeWrite();
        inner.Write(name, value);
    }

    public void Delete(string name) => inner.Delete(name);

    public Task FlushAsync(string name, CancellationToken cancellationToken) => inner.FlushAsync(name, cancellationToken);
}
