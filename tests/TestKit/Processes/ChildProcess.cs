using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace K8sBackup.TestKit.Processes;

/// <summary>
/// A program started for a test. Both of its outputs are captured line by line; it is killed by its own id, with what
/// it started, on dispose. Thread-safe.
/// </summary>
public sealed partial class ChildProcess : IAsyncDisposable, IDisposable
{
    private const int SignalInterrupt = 2;
    private const int SignalKill = 9;
    private const int SignalTerminate = 15;
    private const int SignalContinue = 18;
    private const int SignalStop = 19;

    private readonly Process _process;
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ImmutableList<string> _lines = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openOutputs = 2;

    private ChildProcess(Process process) => _process = process;

    /// <summary>The process id.</summary>
    public int Id => _process.Id;

    /// <summary>Whether the process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Whether the process has ended and everything it printed is here.</summary>
    public bool HasEnded => _process.HasExited && _outputEnded.Task.IsCompleted;

    /// <summary>All lines printed so far to either output, in order of arrival.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <summary>All lines printed so far as one text, for a failure message.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts a program. A variable with a null value is removed from the environment.</summary>
    public static ChildProcess Start(
        string fileName,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        var start = StartInfo(fileName, arguments, environment, workingDirectory);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        var child = new ChildProcess(process);
        process.OutputDataReceived += (_, line) => child.Add(line.Data);
        process.ErrorDataReceived += (_, line) => child.Add(line.Data);
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end. Throws TimeoutException, with the program killed, when it takes longer.</summary>
    public static async Task<ProcessResult> RunAsync(
        string fileName,
        IEnumerable<string> arguments,
        TimeSpan timeout,
        IReadOnlyDictionary<string, string?>? environment = null,
        string? workingDirectory = null)
    {
        using var process = new Process { StartInfo = StartInfo(fileName, arguments, environment, workingDirectory) };
        process.Start();
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(timeout);
        }
        catch (TimeoutException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{fileName} did not end within {timeout.TotalSeconds} s.");
        }

        return new ProcessResult(process.ExitCode, await output, await error);
    }

    /// <summary>
    /// Waits for a line the condition accepts, already printed or not, and returns it. Throws TimeoutException, or
    /// InvalidOperationException when the process ends first; both messages carry the output.
    /// </summary>
    public async Task<string> WaitForLineAsync(Func<string, bool> accepts, TimeSpan timeout)
    {
        ArgumentNullException.ThrowIfNull(accepts);
        using var deadline = new CancellationTokenSource(timeout);
        var seen = 0;
        while (true)
        {
            Task changed;
            ImmutableList<string> lines;
            lock (_lock)
            {
                changed = _changed.Task;
                lines = _lines;
            }

            for (; seen < lines.Count; seen++)
            {
                if (accepts(lines[seen]))
                {
                    return lines[seen];
                }
            }

            if (_outputEnded.Task.IsCompleted && ReferenceEquals(lines, _lines))
            {
                throw new InvalidOperationException($"The process ended without the awaited line. Output:\n{Output}");
            }

            await Task.WhenAny(changed, _outputEnded.Task).WaitAsync(deadline.Token).ContinueWith(
                _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            if (deadline.IsCancellationRequested)
            {
                throw new TimeoutException($"The awaited line did not come within {timeout.TotalSeconds} s. Output:\n{Output}");
            }
        }
    }

    /// <summary>Waits for the end of the process and of its output, and returns the exit code. Throws TimeoutException.</summary>
    public async Task<int> WaitForExitAsync(TimeSpan timeout)
    {
        await Task.WhenAll(_process.WaitForExitAsync(), _outputEnded.Task).WaitAsync(timeout);
        return _process.ExitCode;
    }

    /// <summary>Sends SIGKILL to this process alone.</summary>
    public void Kill() => Signal(SignalKill);

    /// <summary>Asks the process to end (SIGTERM).</summary>
    public void Terminate() => Signal(SignalTerminate);

    /// <summary>Interrupts the process as Ctrl-C does (SIGINT).</summary>
    public void Interrupt() => Signal(SignalInterrupt);

    /// <summary>Freezes the process (SIGSTOP), as a hung peer. Its threads stop one by one: when this returns, all of them have.</summary>
    public void Freeze()
    {
        Signal(SignalStop);
        SpinWait.SpinUntil(() => _process.HasExited || HasStopped(), TimeSpan.FromMinutes(1));
    }

    /// <summary>Lets a frozen process run on (SIGCONT).</summary>
    public void Thaw() => Signal(SignalContinue);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit(TimeSpan.FromMinutes(1));
        }

        _process.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(1));
        }

        _process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);

    private static ProcessStartInfo StartInfo(
        string fileName,
        IEnumerable<string> arguments,
        IReadOnlyDictionary<string, string?>? environment,
        string? workingDirectory)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = workingDirectory ?? "",
        };
        foreach (var (name, value) in environment ?? ImmutableDictionary<string, string?>.Empty)
        {
            start.Environment[name] = value;
        }

        return start;
    }

    private void Signal(int signal)
    {
        // A process that ended by itself is no error, and its id may already be another's.
        if (!_process.HasExited && SendSignal(_process.Id, signal) != 0)
        {
            throw new InvalidOperationException(
                $"Signal {signal} to process {_process.Id} failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }
    }

    // The state follows the name, which stands in brackets and may hold any: proc_pid_stat(5).
    private bool HasStopped()
    {
        try
        {
            return Directory.EnumerateDirectories($"/proc/{_process.Id}/task")
                .Select(thread => File.ReadAllText(Path.Combine(thread, "stat")))
                .All(stat => stat[stat.LastIndexOf(')') + 2] is 'T' or 't' or 'Z' or 'X');
        }
        catch (IOException)
        {
            // A thread, or all of it, ended meanwhile.
            return false;
        }
    }

    private void Add(string? line)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (line is null)
            {
                if (--_openOutputs == 0)
                {
                    _outputEnded.TrySetResult();
                }

                return;
            }

            _lines = _lines.Add(line);
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        changed.TrySetResult();
    }
}
