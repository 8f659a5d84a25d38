using System.Diagnostics;
using System.Globalization;
using K8sBackup.Model.Outcomes;
using Microsoft.Win32.SafeHandles;

namespace K8sBackup.Agent.Freezing;

/// <summary>A file system that is frozen, by a process that thaws it again whatever becomes of this one.</summary>
internal sealed class FreezeHold : IAsyncDisposable
{
    // Freezing writes out what is dirty first.
    private static readonly TimeSpan BeginWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(30);

    private readonly FrozenDirectory _directory;
    private readonly Process _holder;
    private readonly Action _released;
    private bool _ended;

    private FreezeHold(FrozenDirectory directory, Process holder, Action released)
    {
        _directory = directory;
        _holder = holder;
        _released = released;
    }

    /// <summary>Id of the process that holds.</summary>
    public int HolderId => _holder.Id;

    /// <summary>Freezes; the action is called once after the hold has ended.</summary>
    /// <exception cref="BackupException">It cannot be frozen; the action is not called.</exception>
    public static async Task<FreezeHold> BeginAsync(
        FrozenDirectory directory, string shownPath, TimeSpan time, Action released, CancellationToken cancellationToken)
    {
        Process holder = Process.Start(StartInfo(directory, time)) ?? throw new InvalidOperationException("No process was started.");
        FreezeHold hold = new(directory, holder, released);
        try
        {
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(BeginWithin);
            string? answer = await holder.StandardOutput.ReadLineAsync(limit.Token);
            if (answer == FreezeProgram.Frozen)
            {
                return hold;
            }

            await hold.StopAsync();
            throw new BackupException(FailureCause.HookFailed, $"The file system of {shownPath} cannot be frozen: {answer ?? "its holder ended at once"}.");
        }
        catch (OperationCanceledException)
        {
            await hold.StopAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw new BackupException(FailureCause.HookFailed, $"The file system of {shownPath} was not frozen within {BeginWithin}.");
        }
    }

    /// <summary>Thaws; false when that had happened before, because the time was over.</summary>
    public async Task<bool> EndAsync()
    {
        int code = await StopAsync();
        _ended = true;
        _released();
        return code == FreezeProgram.HeldToTheEnd;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_ended)
        {
            await EndAsync();
        }

        _holder.Dispose();
    }

    private async Task<int> StopAsync()
    {
        _holder.StandardInput.Close();
        using CancellationTokenSource limit = new(EndWithin);
        try
        {
            await _holder.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            _holder.Kill();
            await _holder.WaitForExitAsync(CancellationToken.None);
        }

        if (_holder.ExitCode is not (FreezeProgram.HeldToTheEnd or FreezeProgram.NotFrozen or FreezeProgram.TimeOver))
        {
            // It died without thawing.
            using SafeFileHandle handle = _directory.Open();
            _ = FreezeCalls.TryThaw(handle);
        }

        return _holder.ExitCode;
    }

    internal static ProcessStartInfo StartInfo(FrozenDirectory directory, TimeSpan time)
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("The path of this program is not known.");
        ProcessStartInfo info = new(program) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(program) == "dotnet")
        {
            info.ArgumentList.Add(typeof(FreezeHold).Assembly.Location);
        }

        info.ArgumentList.Add(FreezeProgram.Verb);
        info.ArgumentList.Add(((int)time.TotalSeconds).ToString(CultureInfo.InvariantCulture));
        foreach (string argument in directory.ToArguments())
        {
            info.ArgumentList.Add(argument);
        }

        return info;
    }
}
