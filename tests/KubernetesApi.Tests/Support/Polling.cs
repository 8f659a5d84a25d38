namespace K8sBackup.KubernetesApi.Tests.Support;

/// <summary>Waits for states, long enough for any machine.</summary>
internal static class Polling
{
    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using CancellationTokenSource deadline = new(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }
    }

    public static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    public static CancellationToken Limit() => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;
}
