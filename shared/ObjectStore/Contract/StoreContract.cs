using System.Security.Cryptography;
using K8sBackup.ObjectStore.Scoping;

namespace K8sBackup.ObjectStore.Contract;

/// <summary>What every store must do, as checks that tests run against each implementation and people against their own store.</summary>
public static class StoreContract
{
    /// <summary>All checks.</summary>
    public static IReadOnlyList<ContractCheck> Checks { get; } = [.. WriteChecks.All, .. ReadChecks.All, .. SwapChecks.All];

    /// <summary>
    /// Runs every check in a scratch folder of its own, which is emptied afterwards, also after a failure. A check that fails
    /// does not keep the others from running.
    /// </summary>
    /// <exception cref="ObjectStoreException">The scratch folder cannot be emptied.</exception>
    public static async IAsyncEnumerable<ContractResult> RunAsync(
        IObjectStore store, TimeProvider clock, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(clock);
        string scratch = $"validate/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8))}";
        foreach (ContractCheck check in Checks)
        {
            ScopedObjectStore scope = new(store, $"{scratch}/{check.Name}");
            long start = clock.GetTimestamp();
            string? fault = null;
            try
            {
                fault = await FaultOfAsync(check, scope, cancellationToken);
            }
            finally
            {
                await EmptyAsync(scope);
            }

            yield return new ContractResult(check, fault, clock.GetElapsedTime(start));
        }
    }

    private static async Task<string?> FaultOfAsync(ContractCheck check, ScopedObjectStore scope, CancellationToken cancellationToken)
    {
        try
        {
            await check.RunAsync(scope, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is ContractViolationException or ObjectStoreException)
        {
            return e.Message;
        }
    }

    private static async Task EmptyAsync(ScopedObjectStore scope)
    {
        ParallelOptions several = new() { MaxDegreeOfParallelism = 16 };
        List<ObjectInfo> left = await Expect.ListAsync(scope, "", CancellationToken.None);
        await Parallel.ForEachAsync(left, several, async (info, token) => await scope.DeleteAsync(info.Name, token));
    }
}
