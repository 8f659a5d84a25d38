namespace K8sBackup.Agent.Tests.Support;

/// <summary>Waits for states.</summary>
internal static class Eventually
{
    public static async Task TrueAsync(Func<bool> state)
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromMinutes(2));
        while (!state())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, timeout.Token);
        }
    }
}
