using K8sBackup.Agent.Volumes;
using K8sBackup.Model.Trees;

namespace K8sBackup.Agent.Tests.Volumes;

public sealed class ReadAgainTests
{
    [Theory]
    [InlineData("W", 1, EntryState.Captured)]
    [InlineData("CW", 2, EntryState.Captured)]
    [InlineData("VCW", 3, EntryState.Captured)]
    [InlineData("CCCCCC", 3, EntryState.ChangedWhileRead)]
    [InlineData("VVVVVV", 3, EntryState.Vanished)]
    [InlineData("UW", 1, EntryState.Unreadable)]
    public async Task Run_FileThatMoves_IsReadUntilItStandsStillAndNotForEver(string states, int reads, EntryState expected)
    {
        int done = 0;
        CapturedEntry captured = await ReadAgain.RunAsync(
            isFirst =>
            {
                Assert.Equal(done == 0, isFirst);
                return ValueTask.FromResult(Entry(states[done++]));
            },
            () => true);
        Assert.Equal((reads, expected), (done, captured.Entry.State));
    }

    [Fact]
    public async Task Run_NoFileThereAnyMore_EndsAtOnce()
    {
        int done = 0;
        CapturedEntry captured = await ReadAgain.RunAsync(_ => ValueTask.FromResult(Entry("V"[done++])), () => false);
        Assert.Equal(EntryState.Vanished, captured.Entry.State);
    }

    [Fact]
    public async Task Run_LargeFileThatChanges_IsReadOnce()
    {
        int done = 0;
        await ReadAgain.RunAsync(_ => ValueTask.FromResult(Entry("C"[done++], ReadAgain.BytesMax + 1)), () => true);
        Assert.Equal(1, done);
    }

    private static CapturedEntry Entry(char state, long size = 1) => new(new TreeEntry
    {
        Path = "f"u8.ToArray(),
        Kind = EntryKind.File,
        Size = size,
        State = state switch
        {
            'W' => EntryState.Captured,
            'C' => EntryState.ChangedWhileRead,
            'V' => EntryState.Vanished,
            _ => EntryState.Unreadable,
        },
    });
}
