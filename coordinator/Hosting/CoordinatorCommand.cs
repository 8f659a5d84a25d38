using System.CommandLine;

namespace K8sBackup.Coordinator.Hosting;

/// <summary>The command line: where the configuration is, and nothing else.</summary>
public static class CoordinatorCommand
{
    /// <summary>Exit code for a configuration or state that cannot be used.</summary>
    public const int BadConfiguration = 2;

    /// <summary>Exit code for everything a later start may find right.</summary>
    public const int Failed = 1;

    /// <summary>The command, which reads the configuration and runs the coordinator until it is stopped.</summary>
    public static RootCommand Create(Func<CoordinatorOptions, CancellationToken, Task> run)
    {
        Option<FileInfo> config = new("--config", "-c")
        {
            Description = "Configuration file (YAML): cluster, listen, hosts, state, plans, store, keyFile, limits, checks, prune, kubernetes, health, logLevel.",
            Required = true,
            HelpName = "FILE",
        };
        RootCommand command = new(
            "The coordinator of K8sBackupAgent: schedules backups over all nodes, receives them and writes them to the store.\n"
            + "It runs until SIGTERM or Ctrl-C. Exit codes: 0 stopped, 1 failed, start it again, 2 the configuration or the state cannot be used, 4 another coordinator leads now.")
        {
            config,
        };
        command.SetAction((arguments, cancellationToken) => RunAsync(arguments.GetRequiredValue(config).FullName, run, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string path, Func<CoordinatorOptions, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        try
        {
            await run(OptionsFile.Read(path), cancellationToken);
            return 0;
        }
        catch (OperationCanceledException)
        {
            // A signal while it waited to lead.
            return 0;
        }
        catch (Exception e) when (e is OptionsException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return BadConfiguration;
        }
        catch (Exception e) when (e is StartLaterException or IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"The coordinator cannot run: {e.Message}");
            return Failed;
        }
    }
}
