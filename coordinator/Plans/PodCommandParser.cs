using K8sBackup.Coordinator.Dumps;
using K8sBackup.Coordinator.Hooks;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads which pods a plan dumps, and how.</summary>
internal static class PodCommandParser
{
    public static DumpPolicy Read(YamlObject options)
    {
        if (!options.Has("namespaces") && !options.Has("labels") && !options.Has("pods"))
        {
            options.Fault("namespaces", "a dump needs namespaces, labels or pods; for every pod write namespaces: ['*'].");
        }

        return new DumpPolicy
        {
            Namespaces = options.Texts("namespaces"),
            Labels = options.TextMap("labels"),
            Pods = options.Texts("pods"),
            OneOfOwner = options.Choice("replicas", ("each", false), ("one", true)),
            Command = Command(options),
            ErrorFails = options.Choice("standardError", ("note", false), ("fail", true)),
        };
    }

    private static DumpCommand? Command(YamlObject options)
    {
        IReadOnlyList<string> command = options.Texts("command");
        string container = options.Text("container") ?? "";
        TimeSpan? timeout = options.Duration("timeout", DumpCommand.TimeoutMin, DumpCommand.TimeoutMax);
        string file = options.Text("file") ?? DumpCommand.DefaultFile;
        if (!options.Has("command"))
        {
            foreach (string field in (string[])["container", "timeout", "file"])
            {
                if (options.Has(field))
                {
                    options.Fault(field, "belongs to a command; without one, annotations of the pods say what is run in them, with all that belongs to it.");
                }
            }

            return null;
        }

        if (command.Count == 0 || command[0].Length == 0)
        {
            options.Fault("command", "a list is expected: the program and its arguments; for a shell write ['/bin/sh', '-c', '...'].");
        }

        if (!DumpCommand.IsFileName(file))
        {
            options.Fault("file", "a file's name is expected: at most 255 bytes, no '/' and no control characters.");
        }

        return new DumpCommand(new HookCommand(container, command, timeout ?? DumpCommand.DefaultTimeout, HookErrorMode.Fail), file);
    }
}
