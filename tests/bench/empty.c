/* Linked to the libraries talforge is linked to, and does nothing: what starting up costs at
 * least. */
int main(void)
{
	return 0;
}
