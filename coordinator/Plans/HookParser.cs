using K8sBackup.Coordinator.Hooks;
using K8sBackup.Settings.Yaml;

namespace K8sBackup.Coordinator.Plans;

/// <summary>Reads a plan's hooks.</summary>
internal static class HookParser
{
    private const int RulesMax = 256;

    /// <summary>The rules, in the order in which they are tried.</summary>
    public static IReadOnlyList<HookRule> Read(YamlObject spec)
    {
        IReadOnlyList<YamlObject> items = spec.Mappings("hooks");
        if (items.Count > RulesMax)
        {
            spec.Fault("hooks", $"at most {RulesMax} rules are expected, not {items.Count}.");
        }

        return [.. items.Select(Rule)];
    }

    private static HookRule Rule(YamlObject item)
    {
        HookRule rule = new(item.Texts("namespaces"), item.TextMap("labels"), Commands(item, "pre"), Commands(item, "post"));
        if (!item.Has("namespaces") && !item.Has("labels"))
        {
            item.Fault("namespaces", "hooks need namespaces or labels; for every pod write namespaces: ['*'].");
        }

        if (rule.Before.Count + rule.After.Count == 0)
        {
            item.Fault("pre", "hooks need commands in pre, post or both.");
        }

        item.RejectOthers();
        return rule;
    }

    private static List<HookCommand> Commands(YamlObject rule, string field)
    {
        IReadOnlyList<YamlObject> items = rule.Mappings(field);
        if (items.Count > HookCommand.CommandsMax)
        {
            rule.Fault(field, $"at most {HookCommand.CommandsMax} commands are expected, not {items.Count}.");
        }

        return [.. items.Select(Command)];
    }

    private static HookCommand Command(YamlObject item)
    {
        IReadOnlyList<string> command = item.Texts("command");
        if (command.Count == 0 || command[0].Length == 0)
        {
            item.Fault("command", "a list is expected: the program and its arguments; for a shell write ['/bin/sh', '-c', '...'].");
        }

        HookCommand hook = new(
            item.Text("container") ?? "",
            command,
            item.Duration("timeout", HookCommand.TimeoutMin, HookCommand.TimeoutMax) ?? HookCommand.DefaultTimeout,
            item.Choice("onError", ("fail", HookErrorMode.Fail), ("continue", HookErrorMode.Continue)));
        item.RejectOthers();
        return hook;
    }
}
