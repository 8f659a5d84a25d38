namespace K8sBackup.Repository.Format;

/// <summary>
/// For readers who delete something, or leave it out for good, because an object is damaged: an answer that was garbled on its way is whole
/// the next time, so damage counts only when it is found several times in a row.
/// </summary>
internal static class CertainDamage
{
    private const int AttemptsMax = 4;

    /// <exception cref="RepositoryCorruptException">The object is missing, or damaged for certain.</exception>
    public static async Task<T> ReadAsync<T>(Func<Task<T>> read)
    {
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return await read();
            }
            catch (RepositoryCorruptException e) when (e.Damage != RepositoryDamage.Missing && attempt < AttemptsMax)
            {
                // Read again.
            }
        }
    }
}
