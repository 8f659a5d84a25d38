using System.Threading.Channels;
using K8sBackup.FakeKube.Serving;

namespace K8sBackup.Integration.Tests;

/// <summary>Plays containers by hand: each command waits where it is until the test lets it end, or whoever asked for it is gone.</summary>
internal sealed class HeldCommands
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly Channel<HeldCommand> _begun = Channel.CreateUnbounded<HeldCommand>();

    public async Task<int> RunAsync(ExecCall call, CancellationToken cancellationToken)
    {
        HeldCommand command = new(call);
        _begun.Writer.TryWrite(command);
        return await command.Ended.WaitAsync(cancellationToken);
    }

    /// <summary>The next command that began, which must be that one.</summary>
    public async Task<HeldCommand> NextAsync(string program, Func<string> otherwise)
    {
        using CancellationTokenSource deadline = new(Patience);
        try
        {
            HeldCommand next = await _begun.Reader.ReadAsync(deadline.Token);
            Assert.Equal(program, next.Call.Command[0]);
            return next;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"{program} is not run.\n{otherwise()}");
        }
    }

    /// <summary>No command began that nobody asked about.</summary>
    public void AssertNoMore() => Assert.False(_begun.Reader.TryRead(out HeldCommand? more), more?.Call.Command[0]);
}
