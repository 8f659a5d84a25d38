namespace K8sBackup.ObjectStore.Contract;

/// <summary>One thing every store must do.</summary>
/// <param name="Name">Short and stable, for tables and filters.</param>
/// <param name="Promise">What is promised, as a sentence.</param>
/// <param name="RunAsync">Tries it in an empty store; throws when the promise is broken.</param>
public sealed record ContractCheck(string Name, string Promise, Func<IObjectStore, CancellationToken, Task> RunAsync)
{
    /// <summary>The name, so that test reports are readable.</summary>
    public override string ToString() => Name;
}
