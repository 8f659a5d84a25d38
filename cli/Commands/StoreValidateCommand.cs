using System.CommandLine;
using K8sBackup.Cli.Failures;
using K8sBackup.Cli.Output;
using K8sBackup.Cli.Stores;
using K8sBackup.Cli.Terminal;
using K8sBackup.ObjectStore.Contract;
using K8sBackup.ObjectStore.Opening;

namespace K8sBackup.Cli.Commands;

/// <summary>Runs the contract every store must keep against a user's own, in a scratch folder that is emptied afterwards.</summary>
internal static class StoreValidateCommand
{
    internal static readonly View<ContractResult> Result = new View<ContractResult>()
        .Text("check", "Check", r => r.Check.Name)
        .Flag("passed", "Passed", r => r.Fault is null)
        .Number("milliseconds", "ms", r => (long)r.Duration.TotalMilliseconds)
        .Text("promise", "What is promised", r => r.Check.Promise)
        .Text("fault", "What happened instead", r => r.Fault ?? "");

    public static Command Create(CommandHost host)
    {
        StoreArguments store = new();
        return host.Leaf(
            "validate",
            "Tries whether a store does all a repository needs. Writes below validate/ and removes it again; backups there are not touched.",
            "k8sbackup store validate --store s3://backups/prod --endpoint https://s3.example:9000 --credentials-file keys",
            async (session, parsed, cancellationToken) =>
            {
                StoreOptions options = store.Options(parsed);
                using (await StoreArguments.OpenAsync(options, StoreUse.Existing, session.Context, cancellationToken))
                {
                    // The probe of opening has tried object lock; the scratch objects must not be kept by it.
                }

                StoreOptions unlocked = options.S3 is { } s3 ? options with { S3 = s3 with { ObjectLock = null } } : options;
                using OpenedStore opened = await StoreFactory.OpenAsync(unlocked, StoreUse.Existing, session.Context.Clock, cancellationToken);
                List<ContractResult> results = [];
                await foreach (ContractResult result in StoreContract.RunAsync(opened.Store, session.Context.Clock, cancellationToken))
                {
                    results.Add(result);
                    session.Context.Error.WriteLine($"{(result.Fault is null ? "passed" : "FAILED")}  {Printable.Lines(result.Check.Promise)}");
                }

                session.Output.List(Result, results, "");
                return results.TrueForAll(r => r.Fault is null) ? ExitCodes.Ok : ExitCodes.Refused;
            },
            [.. store.All]);
    }
}
