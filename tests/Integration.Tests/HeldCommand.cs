using K8sBackup.FakeKube.Serving;

namespace K8sBackup.Integration.Tests;

/// <summary>A command in a container that ends when the test says so.</summary>
internal sealed class HeldCommand(ExecCall call)
{
    private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ExecCall Call { get; } = call;

    public Task<int> Ended => _end.Task;

    public void End(int code = 0) => _end.TrySetResult(code);
}
